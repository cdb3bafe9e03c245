import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { startFlowgladLocal } from '../src/index.ts'
import { replayConversation } from '../src/replay/replayConversation.ts'
import type { Target } from '../src/replay/request.ts'
import { readTranscript, withPricingModel } from '../src/replay/transcript.ts'

/** The folder with recorded conversations with the platform. Default: a folder next to the repository. */
const place =
  process.env.FLOWGLAD_TRANSCRIPTS ?? fileURLToPath(new URL('../../../../shared/flowglad', import.meta.url))
const transcripts = existsSync(place)
  ? readdirSync(`${place}/transcripts`).filter((name) => name.endsWith('.json'))
  : []

/** The known differences between recorded responses and this server's responses. */
const knownDifferences = z.array(
  z.object({
    /** The start of the file's name. */
    transcript: z.string(),
    steps: z.array(z.int()),
    /** The start of each difference's path, or * for the whole response. */
    paths: z.array(z.string()),
  }),
)

it.runIf(transcripts.length === 0)('skips the replay if there are no recorded conversations', () => {})

const startServer = (startAt: number) =>
  startFlowgladLocal({ pricing: readFileSync(`${place}/pricing-model.json`, 'utf8'), startAt })

/** Replays a conversation and returns the differences that aren't known. */
async function replay(name: string, target: Target) {
  const known = knownDifferences
    .parse(JSON.parse(readFileSync(`${place}/known-differences.json`, 'utf8')))
    .filter(({ transcript }) => name.startsWith(transcript))
  const steps = withPricingModel(
    readTranscript(`${place}/transcripts/${name}`),
    `${place}/recorded-pricing-model.json`,
  )
  const differing = await replayConversation(steps, target)
  return differing.flatMap(({ step, note, differences }) => {
    // The first step only provides the pricing model's IDs to the replay.
    const paths = known.filter(({ steps }) => steps.includes(step - 1)).flatMap((k) => k.paths)
    return differences
      .filter(({ at }) => step > 0 && !paths.some((path) => path === '*' || at.startsWith(path)))
      .map((difference) => ({ name, step, note, ...difference }))
  })
}

it.each(transcripts)('responds to %s like the platform', async (name) => {
  // Proration depends on the month's length. The recordings were made in a 30-day month.
  await using local = await startServer(Date.UTC(2026, 10, 22))
  expect(await replay(name, local)).toEqual([])
})

it.runIf(transcripts.length > 0)(
  'responds like the platform when all recorded conversations run one after another',
  async () => {
    // One conversation moves the clock to the next month, and the conversation after it needs a 30-day month.
    await using local = await startServer(Date.UTC(2026, 4, 22))
    for (const name of transcripts) expect(await replay(name, local)).toEqual([])
  },
)
