/**
 * `pnpm bench` measures what metering costs, and audits the books after each section. The command prints Markdown
 * tables, or one JSON object with `--json`, and fails if the books don't balance.
 */
import { describeMachine } from './machine.ts'
import { readOptions } from './options.ts'
import { progress } from './progress.ts'
import { type Section, toMarkdown } from './report.ts'
import { buckets } from './sections/buckets.ts'
import { budgets } from './sections/budgets.ts'
import { http, inProcess } from './sections/calls.ts'
import { delivery } from './sections/delivery.ts'
import { fetches } from './sections/fetches.ts'
import { memory } from './sections/memory.ts'
import { pastEvents } from './sections/pastEvents.ts'
import { profile } from './sections/profile.ts'
import { statements } from './sections/statements.ts'

const sections = {
  http,
  'in-process': inProcess,
  profile,
  statements,
  delivery,
  fetches,
  memory,
  'past-events': pastEvents,
  buckets,
  budgets,
}

const options = readOptions(sections)
const machine = describeMachine()
const began = performance.now()
const results: Section[] = []
for (const run of options.sections) results.push(await run(options))
progress(`The benchmark took ${Math.round((performance.now() - began) / 1000)} s.`)

if (options.json) process.stdout.write(`${JSON.stringify({ machine, sections: results }, null, 2)}\n`)
else process.stdout.write(toMarkdown(machine, results))
if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1
