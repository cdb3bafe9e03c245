// Installs Chromium for the browser tests unless the PATH has a working Chromium or Playwright has already
// installed one.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium } from '@playwright/test'
import { systemChromium } from './chromium.ts'

const progressEveryMs = 10_000

/** Returns whether Chromium starts. If a system library is missing, even `--version` fails. */
const works = (path: string) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0

function isReady(): boolean {
  const path = systemChromium() ?? chromium.executablePath()
  return existsSync(path) && works(path)
}

/**
 * Runs a command and prints a progress line every 10 seconds. Prints the command's output only if the command
 * fails.
 */
async function run(command: string, args: string[]): Promise<boolean> {
  const child = spawn(command, args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const progress = setInterval(() => {
    console.log(`  still installing (${Math.round(performance.now() / 1_000)} s)`)
  }, progressEveryMs)
  const succeeded = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
  clearInterval(progress)
  if (!succeeded) console.error(`${[command, ...args].join(' ')} failed:\n${output.trim()}`)
  return succeeded
}

async function installFromDebian(): Promise<boolean> {
  console.log(
    'Installing Chromium and its system libraries with apt-get for the browser tests (once, about 1 minute).',
  )
  // Wait if another installation holds the package manager's lock.
  const quietly = ['-qq', '-o', 'DPkg::Lock::Timeout=120']
  if (!(await run('apt-get', ['update', ...quietly]))) return false
  const install = ['install', '-y', ...quietly, '--no-install-recommends']
  // Older Debian releases have no package for the headless shell.
  return (
    (await run('apt-get', [...install, 'chromium-headless-shell'])) ||
    (await run('apt-get', [...install, 'chromium']))
  )
}

async function installFromPlaywright(): Promise<boolean> {
  console.log("Downloading Playwright's Chromium for the browser tests (once, about 1 minute).")
  const playwright = createRequire(import.meta.url).resolve('@playwright/test/package.json')
  // `--with-deps` also installs the system libraries. It requires root.
  const withLibraries = isRoot && process.platform === 'linux' ? ['--with-deps'] : []
  const args = [join(dirname(playwright), 'cli.js'), 'install', ...withLibraries, 'chromium']
  return run(process.execPath, args)
}

const isRoot = process.getuid?.() === 0
const isDebian = existsSync('/etc/debian_version') && !existsSync('/etc/lsb-release')

if (!isReady()) {
  if (isRoot && isDebian) await installFromDebian()
  if (!isReady()) await installFromPlaywright()
  if (!isReady()) {
    console.error(
      'No working Chromium was found for the browser tests, and the installation failed. Install Chromium yourself ' +
        '(Debian: sudo apt-get install --no-install-recommends chromium) or set CHROMIUM_PATH to a Chromium executable.',
    )
    process.exit(1)
  }
  console.log('Chromium is ready.')
}
