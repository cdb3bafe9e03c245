const lines: string[] = []

export const log = (line: string) => lines.push(line)

/** Prints the log. A real app would send the log to a logging service. */
export async function sendLogs() {
  for (const line of lines.splice(0)) console.log(line)
}
