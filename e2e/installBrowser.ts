// Makes sure there is a Chromium for the browser tests: the system's, else Playwright's own, else one that is installed now.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium } from '@playwright/test'
import { systemChromium } from './chromium.ts'

const require = createRequire(import.meta.url)
const playwrightChromium = () => {
  const path = chromium.executablePath()
  return existsSync(path) ? path : undefined
}
const run = (command: string, args: string[]) => spawnSync(command, args, { stdio: 'inherit' }).status === 0

const found = () => systemChromium() ?? playwrightChromium()
if (!found()) {
  console.log('No Chromium here yet: installing one for the browser tests (once).')
  const cli = join(dirname(require.resolve('@playwright/test/package.json')), 'cli.js')
  const installed = run(process.execPath, [cli, 'install', '--with-deps', 'chromium'])
  // Where Playwright's download is out of reach, one of Debian's packages does as well.
  if (!installed && run('apt-get', ['update', '-qq']))
    ['chromium-headless-shell', 'chromium'].some((name) => run('apt-get', ['install', '-y', '-qq', name]))
}
if (!found()) {
  console.error('No Chromium could be installed. Install one and put it on the PATH, or set CHROMIUM_PATH.')
  process.exit(1)
}
