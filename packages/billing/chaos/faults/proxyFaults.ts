import { setTimeout as sleep } from 'node:timers/promises'
import type { Passing, Fault as ProxyFault } from '../../test/flowglad/startProxy.ts'
import type { Random } from '../random.ts'
import type { ProxyMode } from './fault.ts'

const internalError = { error: 'Internal error', code: 'INTERNAL_SERVER_ERROR', request_id: '0a1b2c3d' }

/** Returns how the proxy handles one request while a fault lasts. */
export function proxyFaultOf(mode: ProxyMode, random: Random): ProxyFault {
  switch (mode) {
    case 'refused':
      return { state: 'refused' }
    case 'error before the write':
      return { state: 'json', status: 500, body: internalError }
    case 'error after the write':
      return { state: 'handledButFails', status: 500, body: internalError }
    case 'answer lost':
      return { state: 'answerLost' }
    case 'hanging':
      return { state: 'bodyStalls' }
    case 'body cut':
      return { state: 'bodyCut' }
    case 'duplicated':
      return { state: 'duplicated' }
    case 'reordered':
      // Delay half of the requests, so that they arrive after later requests or after their own deadline.
      // Delay the responses to the other requests, so that these responses are outdated when they arrive.
      return random.chance(0.5)
        ? { state: 'held', until: sleep(random.between(0, 2_500)) }
        : { state: 'answerHeld', until: sleep(random.between(0, 900)) }
    case 'HTML page':
      return { state: 'page', status: random.oneOf([200, 502, 503]) }
    default:
      return mode satisfies never
  }
}

/**
 * Delays half of the requests for a snapshot. A delayed snapshot includes usage that was delivered after the
 * request, so the audit can detect a ledger that subtracts this usage twice.
 */
export const slowRead = ({ method, path }: Passing, random: Random): ProxyFault | undefined =>
  method === 'GET' && path.endsWith('/billing') && random.chance(0.5)
    ? { state: 'held', until: sleep(random.between(50, 500)) }
    : undefined
