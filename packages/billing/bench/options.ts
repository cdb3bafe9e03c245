import { parseArgs } from 'node:util'

/** Reads the command-line options. The keys of `all` are the section names that `--only` accepts. */
export function readOptions<Run>(all: Record<string, Run>) {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { only = [], quick, full, json, help } = values
  if (help) {
    process.stdout.write(usage(Object.keys(all)))
    process.exit()
  }
  const unknown = only.find((name) => !(name in all))
  if (unknown)
    throw new Error(`There is no section ${unknown}. The sections are ${Object.keys(all).join(', ')}.`)
  const rounds = Number(values.rounds ?? (quick ? 1 : 3))
  const seconds = Number(values.seconds ?? (quick ? 0.5 : 1))
  if (!(rounds >= 1 && seconds > 0))
    throw new Error('--rounds must be at least 1, and --seconds greater than 0.')
  return {
    sections: Object.entries(all).flatMap(([name, run]) =>
      only.length === 0 || only.includes(name) ? [run] : [],
    ),
    length: { rounds, roundMs: seconds * 1000, warmUpCalls: quick ? 0 : 1_000 },
    quick,
    full,
    json,
  }
}

const usage = (
  sections: string[],
) => `pnpm bench [--only <section>]… [--rounds <n>] [--seconds <n>] [--quick] [--full] [--json]

  --only <section>  runs one section: ${sections.join(', ')}
  --rounds <n>      the number of rounds. Default: 3, with --quick: 1
  --seconds <n>     the length of a round. Default: 1, with --quick: 0.5
  --quick           runs fewer calls
  --full            uses 10,000 customers, 10⁶ calls for memory and two minutes of delivery
  --json            prints one JSON object instead of Markdown tables
`

export type Options = Omit<ReturnType<typeof readOptions>, 'sections'>
