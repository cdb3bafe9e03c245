import { readFileSync, statSync } from 'node:fs'

const pollEveryMs = 300
/** The time to wait before reading a changed file, because an editor can save a file in several steps. */
const settleMs = 100

/**
 * Calls `apply` with the pricing file's content after each change. Reports success, or the error that `apply`
 * throws.
 * @param current the content that the server started with
 * @returns a function that stops watching
 */
export function watchPricing({
  file,
  current,
  apply,
  report,
}: {
  file: string
  current: string
  apply(content: string): void
  report(message: string): void
}): () => void {
  /** Null if the file could not be read. */
  let seen: string | null = current
  const check = () => {
    const { content, failure } = read(file)
    if (content === seen) return
    seen = content
    try {
      if (content === null) throw failure
      apply(content)
    } catch (error) {
      report(explainMistake(error))
      return
    }
    report(`Applied the changes in ${file}.`)
  }
  let settling: NodeJS.Timeout | undefined
  // The first poll always reads the file, because it might have changed while the server was starting.
  let stamp: string | undefined
  const poll = () => {
    const now = stampOf(file)
    if (now === stamp) return
    stamp = now
    clearTimeout(settling)
    settling = setTimeout(check, settleMs)
  }
  // Poll the file, because `fs.watch` stops working if an editor replaces the file, and misses changes on
  // some mounted folders. `fs.watchFile` misses a change that happens before it first reads the file's
  // metadata.
  const polling = setInterval(poll, pollEveryMs).unref()
  return () => {
    clearInterval(polling)
    clearTimeout(settling)
  }
}

/**
 * Returns the message for a mistake in the pricing file. The message also says that the last valid version
 * stays in use.
 */
export const explainMistake = (error: unknown) =>
  `${error instanceof Error ? error.message : error}\nThe server keeps the last valid version. Fix the file and save it. You don't need to restart.`

/** Returns a value that changes whenever the file is written or replaced. */
function stampOf(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch (error) {
    return String(error)
  }
}

function read(file: string): { content: string | null; failure?: Error } {
  try {
    return { content: readFileSync(file, 'utf8') }
  } catch (error) {
    return {
      content: null,
      failure: new Error(`Cannot read the pricing file: ${error instanceof Error ? error.message : error}`),
    }
  }
}
