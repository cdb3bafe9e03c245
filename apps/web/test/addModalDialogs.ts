/** Adds the methods of modal dialogs, which jsdom lacks. */
export function addModalDialogs(): void {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  }
  HTMLDialogElement.prototype.close = function () {
    this.open = false
  }
}
