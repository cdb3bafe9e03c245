/** Returns a function that writes a message to stderr, unless it has already written the same message. */
export function explainOnce(): (message: string) => void {
  const explained = new Set<string>()
  return (message) => {
    if (explained.has(message)) return
    explained.add(message)
    process.stderr.write(`flowglad-local: ${message}\n`)
  }
}
