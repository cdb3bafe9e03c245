import { compareAnswers, type Difference } from './compareAnswers.ts'
import { mapStrings } from './mapStrings.ts'
import { performAction } from './performAction.ts'
import { sendRequest, type Target } from './request.ts'
import type { Step } from './transcript.ts'

/** A step whose response differs from the recorded response. */
export interface DifferingStep {
  /** The step's index in the conversation. */
  step: number
  note: string
  method: string
  path: string
  differences: Difference[]
}

/** A delay below this limit doesn't move the clock, so that a short conversation needs no test controls. */
const shortDelayMs = 1000

/**
 * Sends a conversation's requests to a server and returns the steps whose responses differ. IDs differ
 * between servers, so each request uses the IDs from the server's earlier responses. If the recorded steps
 * have times, moves the server's clock forward so that the replay keeps up with the recording.
 */
export async function replayConversation(steps: readonly Step[], target: Target): Promise<DifferingStep[]> {
  const ids = new Map<string, string>()
  const differing: DifferingStep[] = []
  const firstAt = steps.find(({ at }) => at !== undefined)?.at ?? 0
  const startedAt = performance.now()
  let movedMs = 0
  for (const [index, step] of steps.entries()) {
    const { note, method, path, at, status } = step
    const elapsedMs = performance.now() - startedAt + movedMs
    const behindMs = Math.round((at ?? firstAt) - firstAt - elapsedMs)
    const moveMs = behindMs > shortDelayMs ? behindMs : 0
    movedMs += moveMs
    const differences = await replayStep(step, { moveMs, target, ids }).catch((error) => [
      { at: 'answer', expected: status, got: error instanceof Error ? error.message : String(error) },
    ])
    if (differences.length > 0) differing.push({ step: index, note, method, path, differences })
  }
  return differing
}

async function replayStep(
  step: Step,
  { moveMs, target, ids }: { moveMs: number; target: Target; ids: Map<string, string> },
): Promise<Difference[]> {
  const useIds = (text: string) => [...ids].reduce((out, [from, to]) => out.replaceAll(from, to), text)
  const body = mapStrings(step.request, useIds)
  if (moveMs > 0) await performAction('/__ops/shift', { ms: moveMs }, target)
  if (step.path.startsWith('/__ops/')) {
    const status = await performAction(step.path, body, target)
    return status >= 400 === step.status >= 400 ? [] : [{ at: 'status', expected: step.status, got: status }]
  }
  const answer = await sendRequest(target, {
    method: step.method,
    path: useIds(step.path),
    body,
    authorization: authorizationOf(step, target),
    contentType: step.requestType,
  })
  const { status, contentType = null, response } = step
  return compareAnswers({ status, contentType, body: response }, answer, ids)
}

/**
 * Returns the authorization header with the target's key. If the recorded request had no header or the
 * platform rejected it, returns the recorded value.
 */
function authorizationOf({ authorization, status }: Step, { key }: Target): string | null {
  if (authorization === undefined) return key
  if (authorization === null || status === 401) return authorization
  return /^bearer/i.test(authorization) ? `Bearer ${key}` : key
}
