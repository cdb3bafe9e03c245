import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// The headless shell comes first, because it needs a third less CPU time than the full Chromium.
const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']

/**
 * Returns CHROMIUM_PATH or the path of a Chromium executable on the PATH. If neither exists, returns
 * undefined, and the caller uses Playwright's own Chromium.
 */
export function systemChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [process.env.CHROMIUM_PATH, ...onPath].find((path): path is string => !!path && existsSync(path))
}
