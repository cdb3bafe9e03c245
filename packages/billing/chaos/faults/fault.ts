/** How the proxy in front of Flowglad breaks requests. */
export const proxyModes = [
  'refused',
  'error before the write',
  'error after the write',
  'answer lost',
  'hanging',
  'body cut',
  'duplicated',
  'reordered',
  'HTML page',
] as const
export type ProxyMode = (typeof proxyModes)[number]

/** A fault. `forMs` is the fault's duration. `node` is a node's number, counted from 0. */
export type Fault =
  /** Kills the node with SIGKILL and starts it again. */
  | { kind: 'kill node'; node: number; forMs: number }
  /** Stops the node with SIGSTOP and continues it with SIGCONT. */
  | { kind: 'pause node'; node: number; forMs: number }
  | { kind: 'pause node beyond its holds'; node: number; forMs: number }
  | { kind: 'clock forward'; node: number; forMs: number; stepMs: number }
  | { kind: 'clock backward'; node: number; forMs: number; stepMs: number }
  /** `share` is the fraction of requests that the fault affects. */
  | { kind: 'proxy'; mode: ProxyMode; share: number; forMs: number }
  | { kind: 'kill flowglad-local'; forMs: number }
  | { kind: 'kill PostgreSQL'; forMs: number }
  | { kind: 'terminate backends'; forMs: number }
  | { kind: 'restart pooler'; forMs: number }
  /** Kills PgBouncer with SIGKILL and starts it again. */
  | { kind: 'kill pooler'; forMs: number }
  /** Stops PgBouncer with SIGSTOP and continues it with SIGCONT. */
  | { kind: 'pause pooler'; forMs: number }
  | { kind: 'disk full'; forMs: number }
  /** Makes a backup for the next restore. */
  | { kind: 'back up'; forMs: number }
  /** Kills the node, replaces the ledger with the backup, and starts the node again. */
  | { kind: 'restore'; node: number; forMs: number }

export interface Scheduled {
  /** The time between the start of the run and the start of the fault. */
  atMs: number
  fault: Fault
}

/** Returns the fault's name. Recovery times are reported per name. */
export const faultName = (fault: Fault) => (fault.kind === 'proxy' ? `proxy: ${fault.mode}` : fault.kind)

export function describeFault({ kind, forMs, ...details }: Fault): string {
  const parts = Object.entries(details).map(([name, value]) => `${name} ${value}`)
  return [kind, ...parts, ...(forMs > 0 ? [`for ${forMs} ms`] : [])].join(', ')
}

/** Returns the fault's target. A target has at most one fault at a time. */
export const targetOf = (fault: Fault): string =>
  'node' in fault
    ? `node ${fault.node}`
    : fault.kind === 'proxy'
      ? 'proxy'
      : (fault.kind.split(' ').at(-1) ?? '')
