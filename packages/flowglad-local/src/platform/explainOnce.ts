/** Returns a function that writes each distinct message to stderr once. */
export function explainOnce(): (message: string) => void {
  const explained = new Set<string>()
  return (message) => {
    if (explained.has(message)) return
    explained.add(message)
    process.stderr.write(`flowglad-local: ${message}\n`)
  }
}
