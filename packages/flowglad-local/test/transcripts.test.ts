import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startFlowgladLocal } from '../src/index.ts'

/**
 * The folder of recorded conversations with the real platform. FLOWGLAD_TRANSCRIPTS overrides the default, a
 * folder next to the repository.
 */
const place =
  process.env.FLOWGLAD_TRANSCRIPTS ?? fileURLToPath(new URL('../../../../shared/flowglad', import.meta.url))
const transcripts = existsSync(place)
  ? readdirSync(`${place}/transcripts`).filter((name) => name.endsWith('.json'))
  : []

it.runIf(transcripts.length === 0)('skips the replay if there are no recorded conversations', () => {})

/** Replays conversations in sequence on one server, whose clock starts at `startAt`. Returns the report. */
async function replay(names: readonly string[], startAt: number): Promise<string> {
  await using local = await startFlowgladLocal({
    pricing: readFileSync(`${place}/pricing-model.json`, 'utf8'),
    startAt,
  })
  const files = names.map((name) => `${place}/transcripts/${name}`)
  const args = [`${place}/replay.mjs`, '--base', local.url, '--key', local.key, '--verbose', ...files]
  const { stdout } = await promisify(execFile)(process.execPath, args).catch(
    (error: { stdout: string }) => error,
  )
  return stdout
}

const allAgree = /^(\d+) of \1 steps as Flowglad answers them\n$/

it.each(transcripts)('answers %s like the platform', async (name) => {
  // Proration depends on the month's length. The recordings were made in a 30-day month.
  expect(await replay([name], Date.UTC(2026, 10, 22))).toMatch(allAgree)
})

it.runIf(transcripts.length > 0)(
  'answers like the platform when all recorded conversations run one after another',
  async () => {
    // One conversation moves the clock to the next month. The next conversation needs a 30-day month.
    expect(await replay(transcripts, Date.UTC(2026, 4, 22))).toMatch(allAgree)
  },
)
