import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The Chromium on the PATH (CHROMIUM_PATH overrides), or undefined: then Playwright's own is used. */
export function systemChromium(): string | undefined {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((dir) => [join(dir, 'chromium'), join(dir, 'chromium-browser'), join(dir, 'google-chrome')])
  return [process.env.CHROMIUM_PATH, ...onPath].find((path): path is string => !!path && existsSync(path))
}
