import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs a command as root. */
function asRoot(...command: string[]): void {
  const [program = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
  execFileSync(program, args, { stdio: 'pipe' })
}

/**
 * Mounts an in-memory volume that a test can fill or make read-only. File permissions aren't enough for
 * such tests, because root can write to any file on a writable volume.
 */
export function testVolume({ sizeMib = 4 }: { sizeMib?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'metered-volume-'))
  asRoot(
    'mount',
    '-t',
    'tmpfs',
    '-o',
    `size=${sizeMib}m,mode=700,uid=${process.getuid?.()}`,
    'metered-test',
    folder,
  )
  const filler = join(folder, 'filler')
  return {
    folder,
    makeReadOnly: () => asRoot('mount', '-o', 'remount,ro', folder),
    makeWritable: () => asRoot('mount', '-o', 'remount,rw', folder),
    fill() {
      try {
        writeFileSync(filler, Buffer.alloc(sizeMib * 2_000_000))
      } catch {
        // Ignore the error: the volume is full now.
      }
    },
    empty: () => rmSync(filler, { force: true }),
    [Symbol.dispose]() {
      // `--lazy` also detaches a volume with open files.
      asRoot('umount', '--lazy', folder)
      rmSync(folder, { recursive: true })
    },
  }
}

/**
 * Makes writes to the file fail, even through open handles, as on a volume that becomes read-only after an
 * error. A read-only remount can't simulate this state, because a remount fails while files are open for writing.
 */
export function rejectWrites(file: string) {
  asRoot('chattr', '+i', file)
  return { [Symbol.dispose]: () => asRoot('chattr', '-i', file) }
}

/** The reason why this machine can't run tests with volumes, or null if it can. */
export const noVolumes: string | null = (() => {
  try {
    using _ = testVolume()
    return null
  } catch (error) {
    return `Mounting a volume requires root on Linux: ${error instanceof Error ? error.message : error}`
  }
})()
