import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Flushes a complete file to the disk, and then renames it to `path`. If the process is interrupted, there is
 * therefore no incomplete file at `path`. Throws if `path` exists.
 */
export function completeFile(unfinished: string, path: string): void {
  flush(unfinished)
  moveWithoutOverwriting(unfinished, path)
  // Windows can't open a folder to flush it.
  if (process.platform !== 'win32') flush(dirname(path))
}

/** Waits until the file or folder is flushed to the disk. */
function flush(path: string): void {
  const opened = openSync(path, statSync(path).isDirectory() ? 'r' : 'r+')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

function moveWithoutOverwriting(from: string, to: string): void {
  try {
    // Unlike a rename, a link fails if the name is taken.
    linkSync(from, to)
  } catch (error) {
    if (existsSync(to)) throw error
    // Some volumes don't support hard links.
    renameSync(from, to)
  }
}
