import { join } from 'node:path'
import { repository } from '../stack/startProcess.ts'
import { runCommand } from './startCommand.ts'

/**
 * The tests whose results can depend on the Node version: the tests of the ledger's stores and of metered calls
 * over each kind of link.
 */
const tests = ['test/ledger', 'test/trpc']

/** Runs the billing package's contract tests. */
export async function runContractTests(env: Record<string, string>): Promise<void> {
  const cwd = join(repository, 'packages/billing')
  await runCommand(join(cwd, 'node_modules/.bin/vitest'), ['run', ...tests], { cwd, env })
}
