// The game: moves of the two pens, its state and the table of scores.

const ARROWS = ["↑", "↗", "→", "↘", "↓", "↙", "←", "↖"];
const NAMES = ["North", "North-east", "East", "South-east", "South", "South-west", "West", "North-west"];
const PAD = [7, 0, 1, 6, null, 2, 5, 4, 3]; // row by row

export const directionOf = (from, to) =>
  (Math.round(Math.atan2(to[0] - from[0], from[1] - to[1]) / (Math.PI / 4)) + 8) % 8;

export function buildPad(pad, onDirection) {
  for (const direction of PAD) {
    const cell = document.createElement(direction === null ? "span" : "button");
    if (direction !== null) {
      cell.textContent = ARROWS[direction];
      cell.setAttribute("aria-label", NAMES[direction]);
      cell.addEventListener("click", () => onDirection(direction));
    }
    pad.append(cell);
  }
}

export function describe(facts, waiting) {
  const moves = `${facts.step} of ${facts.step_count} moves`;
  if (waiting) return `${moves}; scoring the opponents…`;
  return facts.done ? `Finished after ${facts.step} moves: IoU ${facts.iou.toFixed(3)}` : moves;
}

export function showScores(place, rows) {
  place.textContent = "";
  if (!rows.length) {
    place.textContent = "No game has been finished yet.";
    return;
  }
  const opponents = [...new Set(rows.flatMap((row) => Object.keys(row.rivals)))];
  const table = document.createElement("table");
  const line = (cells, kind) => {
    const row = table.insertRow();
    for (const text of cells) {
      const cell = document.createElement(kind);
      cell.textContent = text;
      if (kind === "th") cell.scope = "col";
      row.append(cell);
    }
  };
  line(["Player", "IoU", ...opponents], "th");
  for (const row of rows.toReversed()) {
    line([row.name, row.iou.toFixed(3), ...opponents.map((opponent) => row.rivals[opponent]?.toFixed(3) ?? "")], "td");
  }
  place.append(table);
}
