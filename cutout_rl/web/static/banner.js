// The banner over the image: problems that last, one a line, until they are solved.

export class Banner {
  constructor(place) {
    this.place = place;
    this.problems = new Map(); // kind of problem -> sentence
  }

  // Shows the sentence of a kind of problem; an empty one removes it.
  set(kind, sentence) {
    if ((this.problems.get(kind) ?? "") === sentence) return;
    if (sentence) this.problems.set(kind, sentence);
    else this.problems.delete(kind);
    this.place.textContent = [...this.problems.values()].join("\n");
    this.place.hidden = !this.problems.size;
  }
}
