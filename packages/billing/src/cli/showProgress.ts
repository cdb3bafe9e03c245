/** Shows the text on the terminal's current line. Shows nothing if standard error isn't a terminal. */
export function showProgress(text: string): void {
  if (!process.stderr.isTTY) return
  process.stderr.write(`\r\u001b[K${text}`)
}
