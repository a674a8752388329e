// Pictures from the device's camera; the video never leaves the browser.

export class Camera {
  constructor(element, { onPicture, showMessage }) {
    this.dialog = element("camera");
    this.video = element("camera-video");
    this.take = element("camera-take");
    this.showMessage = showMessage;
    const open = element("camera-open");
    if (!navigator.mediaDevices?.getUserMedia) {
      open.disabled = true;
      open.title = "Browsers allow the camera on this machine or over https only";
    }
    open.addEventListener("click", () => this.open());
    element("camera-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.stop());
    this.take.addEventListener("click", async () => {
      const picture = await this.shoot();
      this.dialog.close();
      onPicture(picture);
    });
  }

  async open() {
    this.dialog.showModal();
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: false });
      if (!this.dialog.open) return stream.getTracks().forEach((track) => track.stop());
      this.video.srcObject = stream;
      await this.video.play();
      this.take.disabled = false;
    } catch (error) {
      this.dialog.close();
      this.showMessage(error.name === "NotAllowedError" ? "The browser has no permission to use the camera; allow it for this page." : "No camera was found; connect one.");
    }
  }

  stop() {
    this.take.disabled = true;
    this.video.srcObject?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  shoot() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.video.videoWidth, this.video.videoHeight];
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    return new Promise((resolve) => canvas.toBlob((blob) => resolve(new File([blob], "camera.png")), "image/png"));
  }
}
