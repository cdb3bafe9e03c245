/** Reports progress on stderr, so that stdout contains only the result. */
export const progress = (message: string) => void process.stderr.write(`${message}\n`)
