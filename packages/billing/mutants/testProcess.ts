/**
 * Runs the test files that the parent process asks for, in the current folder. Vitest stays open between
 * runs. Each run therefore reloads only the changed files, and the PostgreSQL server starts only once.
 */
import { join } from 'node:path'
import { createVitest } from 'vitest/node'
import { type Outcome, request } from './outcome.ts'

const vitest = await createVitest('test', {
  watch: false,
  bail: 1,
  reporters: [{}],
  maxWorkers: 2,
  // A fault can make a test wait forever, so the tests' time limit is shorter than usual.
  testTimeout: 90_000,
  hookTimeout: 90_000,
})
await vitest.standalone()

async function run(tests: string[]): Promise<Outcome> {
  const files = tests.map((test) => `test/${test}.test.ts`)
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
    await vitest.globTestSpecifications(files),
  )
  const all = testModules.flatMap((module) => [...module.children.allTests()])
  const failed = all.find((test) => test.result().state === 'failed')
  if (failed) return { state: 'caught', by: failed.fullName }
  const [error] = [...testModules.flatMap((module) => module.errors()), ...unhandledErrors]
  if (error) return { state: 'broken', why: String(Reflect.get(Object(error), 'message')) }
  const passed = all.some((test) => test.result().state === 'passed')
  return passed ? { state: 'survived' } : { state: 'broken', why: 'no test ran' }
}

process.on('message', async (message) => {
  const { tests, changed } = request.parse(message)
  for (const file of changed) vitest.invalidateFile(join(process.cwd(), 'src', file))
  process.send?.(await run(tests))
})
process.on('disconnect', () => void vitest.close().finally(() => process.exit()))
process.send?.('ready')
