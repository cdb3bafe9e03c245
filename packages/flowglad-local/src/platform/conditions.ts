/** The faults that the API can simulate. */
export const faults = ['none', 'down', 'error', 'lost'] as const

/**
 * A fault of the API. `down` closes each connection before the call takes effect, `error` returns status 500
 * before the call takes effect, and `lost` closes the connection after the call has taken effect.
 */
export type Fault = (typeof faults)[number]

/** The faults and the delay that the API simulates for one key's calls. */
export interface Conditions {
  /** The delay before each call. */
  latencyMs: number
  fault: Fault
}

export const maxLatencyMs = 600_000
