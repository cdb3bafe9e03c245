import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// The shell without a window first: it does what tests need with a third less work.
const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']

/** The Chromium on the PATH (CHROMIUM_PATH overrides), or undefined: then Playwright's own is used. */
export function systemChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [process.env.CHROMIUM_PATH, ...onPath].find((path): path is string => !!path && existsSync(path))
}
