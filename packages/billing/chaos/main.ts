import { parseArgs } from 'node:util'
import { noPgBouncer } from 'test-postgres/pgbouncer'
import { runChaos } from './runChaos.ts'
import { toMarkdown } from './toMarkdown.ts'
import { needsPgBouncer, type TopologyName, topologies } from './topology/topology.ts'

const usage = `pnpm chaos [--minutes <n>] [--seed <n>] [--topology <name>]

  --minutes <n>      how long faults occur on each topology. Default: 1
  --seed <n>         repeats the faults of an earlier run. Default: a random number
  --topology <name>  ${topologies.join(', ')} or all. Default: all
`

/** Runs chaos on each chosen topology. Exits with code 1 if a guarantee was violated. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    topology: { type: 'string', default: 'all' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(usage)
  process.exit()
}
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const chosen: TopologyName[] = topologies.filter((it) => values.topology === 'all' || it === values.topology)
if (!(minutes > 0) || !Number.isInteger(seed) || chosen.length === 0)
  throw new Error(
    `--minutes must be a positive number, --seed an integer, and --topology one of these names.\n\n${usage}`,
  )
if (noPgBouncer !== null && chosen.some(needsPgBouncer))
  throw new Error(
    `The topology ${chosen.find(needsPgBouncer)} ${noPgBouncer}. Install PgBouncer, or choose another --topology.`,
  )

// Exit on these signals. Otherwise, an interrupted run would leave its processes and volumes behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

for (const topology of chosen) {
  const result = await runChaos({
    topology,
    seed,
    durationMs: minutes * 60_000,
    log: (line) => process.stderr.write(`${topology}, ${line}\n`),
  })
  process.stdout.write(`${toMarkdown(result)}\n`)
  if (result.folder !== null) process.exitCode = 1
}
