import { readPricing } from './options.ts'
import { renameForServer } from './replay/renameForServer.ts'
import type { DifferingStep } from './replay/replayConversation.ts'
import { replayConversation } from './replay/replayConversation.ts'
import { sendRequest } from './replay/request.ts'
import { readTranscript, recordedPricing, type Step, withPricingModel } from './replay/transcript.ts'
import type { ReplayOptions } from './replayOptions.ts'
import { startFlowgladLocal } from './startFlowgladLocal.ts'

type Replay = Extract<ReplayOptions, { command: 'replay' }>

/** Replays the files and prints each difference. Returns whether all responses match the recordings. */
export async function runReplay(options: Replay, print: (text: string) => void): Promise<boolean> {
  const results: { file: string; steps: number; differing: DifferingStep[] }[] = []
  for (const file of options.files) {
    const recorded = readTranscript(file)
    const steps = options.model ? withPricingModel(recorded, options.model) : recorded
    results.push({ file, steps: steps.length, differing: await replayFile(steps, options) })
  }
  const count = results.reduce((sum, { steps }) => sum + steps, 0)
  const differing = results.reduce((sum, result) => sum + result.differing.length, 0)
  if (options.json) print(`${JSON.stringify({ steps: count, differing, files: results }, null, 2)}\n`)
  else {
    for (const { file, differing } of results) for (const step of differing) print(describeStep(file, step))
    print(`${count - differing} of ${count} steps agree\n`)
  }
  return differing === 0
}

async function replayFile(steps: readonly Step[], options: Replay): Promise<DifferingStep[]> {
  const { against, key } = options
  if (against !== undefined) {
    const target = { url: against, key: key ?? 'sk_test_local' }
    // Report an unreachable server once, instead of at each step.
    await sendRequest(target, { method: 'GET', path: '/api/v1/utils/ping' })
    return replayConversation(renameForServer(steps, `-${Date.now().toString(36)}`), target)
  }
  const pricing = options.pricing ? readPricing(options.pricing) : recordedPricing(steps)
  const startAt = steps[0]?.at
  await using local = await startFlowgladLocal({
    pricing: pricing ?? readPricing('pricing.yaml'),
    ...(key && { key }),
    ...(startAt !== undefined && { startAt }),
  })
  return await replayConversation(steps, local)
}

function describeStep(file: string, { step, note, method, path, differences }: DifferingStep): string {
  const lines = differences.map(
    ({ at, expected, got }) => `    ${at}: expected ${show(expected)}, got ${show(got)}\n`,
  )
  return `${file}, step ${step}: ${method} ${path}${note && ` (${note})`}\n${lines.join('')}`
}

const show = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200))
