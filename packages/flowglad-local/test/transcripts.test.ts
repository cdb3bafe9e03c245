import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startFlowgladLocal } from '../src/index.ts'

/** Conversations recorded with the real platform, kept beside the checkout; FLOWGLAD_TRANSCRIPTS names another place. */
const place =
  process.env.FLOWGLAD_TRANSCRIPTS ?? fileURLToPath(new URL('../../../../shared/flowglad', import.meta.url))
const transcripts = existsSync(place)
  ? readdirSync(`${place}/transcripts`).filter((name) => name.endsWith('.json'))
  : []

it.runIf(transcripts.length === 0)(
  'has no recorded conversations here to compare with, so that is left out',
  () => {},
)

// A server each: some move the clock, and in the next month proration gives other numbers.
it.each(transcripts)('answers as the platform did in %s', async (name) => {
  await using local = await startFlowgladLocal({
    pricing: readFileSync(`${place}/pricing-model.json`, 'utf8'),
    // Proration depends on how long the month is: theirs had 30 days.
    startAt: Date.UTC(2026, 10, 22),
  })
  const replay = [`${place}/replay.mjs`, '--base', local.url, '--key', local.key, '--verbose']
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...replay,
    `${place}/transcripts/${name}`,
  ]).catch((error: { stdout: string }) => error)
  expect(stdout).toMatch(/^(\d+) of \1 steps as Flowglad answers them\n$/)
})
