/**
 * `pnpm mutants` applies each named fault to a copy of the package, and checks that a test catches it. The
 * command fails if a fault survives or is broken.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Copy } from './Copy.ts'
import type { Fault } from './fault.ts'
import { faults } from './faults/index.ts'
import { findBroken } from './findBroken.ts'
import type { Outcome } from './outcome.ts'
import { lineOf, type Run, summaryOf } from './report.ts'
import { TestRunner } from './TestRunner.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    parallel: { type: 'string', default: `${Math.max(1, Math.floor(availableParallelism() / 2))}` },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const usage = `pnpm mutants [--only <text>]… [--parallel <n>] [--list]

  --only <text>   runs the faults whose name or file contains the text
  --parallel <n>  runs n faults at the same time. Default: 1 for every 2 cores
  --list          lists the faults without running them
`

const matches = values.only.map((text) => text.toLowerCase())
const chosen = faults.filter(
  ({ name, file }) =>
    matches.length === 0 || matches.some((text) => `${file} ${name}`.toLowerCase().includes(text)),
)
const equivalent = chosen.filter((fault) => fault.equivalent !== undefined)
const toRun = chosen.filter((fault) => fault.equivalent === undefined)
const print = (line: string) => void process.stdout.write(`${line}\n`)

if (values.help) print(usage)
else if (values.list) for (const { file, name } of chosen) print(`${file}: ${name}`)
else if (!(Number(values.parallel) >= 1)) fail('--parallel must be at least 1.')
else if (toRun.length === 0) fail('No fault matches --only. --list shows all faults.')
else process.exitCode = await runAll(Number(values.parallel))

function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}

async function runAll(parallel: number): Promise<number> {
  const copies = await Promise.all(
    Array.from({ length: Math.min(parallel, toRun.length) }, () => Copy.create()),
  )
  const nodes = copies.map((copy): Node => ({ copy, runner: new TestRunner(copy), lastFile: null }))
  const dispose = async () => {
    await Promise.all(nodes.map(({ runner }) => runner[Symbol.asyncDispose]()))
    await Promise.all(copies.map((copy) => copy[Symbol.asyncDispose]()))
  }
  // Without these handlers, an interrupted run would leave its copies and its processes behind.
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping.abort()
      for (const { runner } of nodes) void runner[Symbol.asyncDispose]()
    })
  }
  try {
    return await runOn(nodes, stopping.signal)
  } finally {
    await dispose()
  }
}

interface Node {
  copy: Copy
  runner: TestRunner
  /** The file that the last fault changed. The change has been reverted. */
  lastFile: string | null
}

async function runOn(nodes: Node[], stopping: AbortSignal): Promise<number> {
  const [first] = nodes
  if (!first) throw new Error('There is no copy to run in.')
  print(`Compiling the package with the ${toRun.length} faults.`)
  const broken = await findBroken(first.copy, toRun)
  print('Running the tests without a fault.')
  const times = await runSound(first, [...new Set(toRun.flatMap((fault) => fault.tests))])
  if (times === null) return 1
  const runs: Run[] = []
  const queue = [...toRun]
  const runInTurn = async (node: Node) => {
    for (let fault = queue.shift(); fault && !stopping.aborted; fault = queue.shift()) {
      const began = performance.now()
      const why = broken.get(fault)
      const outcome: Outcome =
        why === undefined ? await runFault(node, fault, times) : { state: 'broken', why }
      const run = { fault, outcome, seconds: (performance.now() - began) / 1000 }
      runs.push(run)
      print(lineOf(run, `[${runs.length}/${toRun.length}]`))
    }
  }
  await Promise.all(nodes.map(runInTurn))
  if (stopping.aborted) return 1
  print(`\n${summaryOf(runs, equivalent)}`)
  return runs.every(({ outcome }) => outcome.state === 'caught') ? 0 : 1
}

/**
 * Runs each test file without a fault: a test that always fails would seem to catch every fault. Returns the
 * time that each file takes in milliseconds, or null if a test fails.
 */
async function runSound({ runner }: Node, tests: string[]): Promise<Map<string, number> | null> {
  const times = new Map<string, number>()
  for (const test of tests) {
    const began = performance.now()
    const outcome = await runner.run({ tests: [test], changed: [] }, 900_000)
    if (outcome.state !== 'survived') {
      const problem = outcome.state === 'caught' ? outcome.by : outcome.why
      print(`test/${test}.test.ts fails without a fault: ${problem}`)
      return null
    }
    times.set(test, performance.now() - began)
  }
  return times
}

/**
 * Returns the time limit for a fault's tests. The limit is long enough for tests that the fault slows down,
 * but stops tests that hang.
 */
function limitOf({ tests }: Fault, times: ReadonlyMap<string, number>): number {
  return tests.reduce((total, test) => total + 10 * (times.get(test) ?? 0), 120_000)
}

async function runFault(node: Node, fault: Fault, times: ReadonlyMap<string, number>): Promise<Outcome> {
  const changed = [node.lastFile ?? fault.file, fault.file]
  node.lastFile = fault.file
  const takeBack = await node.copy.apply(fault)
  try {
    return await node.runner.run({ tests: fault.tests, changed }, limitOf(fault, times))
  } finally {
    await takeBack()
  }
}
