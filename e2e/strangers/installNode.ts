import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runCommand } from './startCommand.ts'

/**
 * Installs the newest release of a Node version, such as `22` or `20.19`, from the npm package for this
 * platform. Returns an environment in which `node` and `npm` use that release.
 */
export async function installNode(
  version: string,
  { folder, env }: { folder: string; env: Record<string, string> },
): Promise<Record<string, string>> {
  const name = `node-${process.platform}-${process.arch}`
  await mkdir(folder)
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${version}`]
  await runCommand('npm', args, { cwd: folder, env })
  return { ...env, PATH: join(folder, 'node_modules', name, 'bin') + delimiter + env.PATH }
}
