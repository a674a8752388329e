// Upload, import and export of files.

import { request } from "./request.js";

export class Files {
  // `onChange` takes the number of a change that undo takes back.
  constructor(element, { imageName, objectNumber, beforeImport, onChange, onImages, showMessage }) {
    Object.assign(this, { element, imageName, objectNumber, beforeImport, onChange, onImages, showMessage });
    element("import").addEventListener("change", () => this.importFile(element("import").files[0]));
    element("upload").addEventListener("change", () => this.upload(element("upload").files));
    element("export").addEventListener("click", () => this.exportFile());
  }

  async upload(files) {
    let last = "";
    for (const file of files) {
      const answer = await request(`/upload?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      if (answer.ok) last = (await answer.json()).name;
      else this.showMessage(await answer.text());
    }
    if (last) this.onImages([last]);
  }

  async importFile(file) {
    if (!file) return;
    this.beforeImport();
    const answer = await this.post("import", this.element("import-kind").value, file);
    this.element("import").value = ""; // so that the same file can be chosen again
    if (!answer.ok) return this.showMessage(await answer.text());
    const { images, note, change } = await answer.json();
    this.onChange(change);
    this.showMessage(`Imported into ${images.length === 1 ? images[0] : `${images.length} images`}. ${note}`);
    this.onImages(images);
  }

  async exportFile() {
    const kind = this.element("export-kind").value;
    const answer = await this.post("export", kind);
    if (!answer.ok) return this.showMessage(await answer.text());
    const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))?.[1] ?? kind;
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(await answer.blob());
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
    this.showMessage(`Exported ${name}.`);
  }

  post(path, kind, body) {
    const query = `kind=${encodeURIComponent(kind)}&name=${encodeURIComponent(this.imageName())}&object=${this.objectNumber()}`;
    return request(`/${path}?${query}`, { method: "POST", body });
  }
}
