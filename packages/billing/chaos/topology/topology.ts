import type { PgBouncer } from 'test-postgres/pgbouncer'
import type { LedgerReader } from '../audit/readLedger.ts'
import type { ChaosServer } from './chaosServer.ts'

export const topologies = ['sqlite', 'postgres', 'postgres-3', 'pgbouncer', 'pgbouncer-3'] as const
export type TopologyName = (typeof topologies)[number]

export const needsPgBouncer = (name: TopologyName) => name === 'pgbouncer' || name === 'pgbouncer-3'

/** The ledger's store, and the parts of it that faults can break. */
export interface ChaosStore extends AsyncDisposable {
  kind: 'SQLite' | 'PostgreSQL'
  /** The ledger's file or connection string. */
  address: string
  reader: LedgerReader
  /** Null if the ledger is a file, because there is no server to kill. */
  postgres: { kill(): Promise<void>; start(): Promise<void>; terminateBackends(): Promise<void> } | null
  /** PgBouncer between the nodes and PostgreSQL. Null if the nodes connect directly. */
  pooler: PgBouncer | null
  /** Null if the ledger's disk can't be filled. */
  disk: { fill(): void; empty(): void } | null
  /** Null if backups can't be restored. */
  backups: { backUp(): Promise<void>; restore(): void } | null
}

/** The servers and the store of one run. */
export interface Topology extends AsyncDisposable {
  store: ChaosStore
  flowglad: ChaosServer
  flowgladKey: string
  proxy: Awaited<ReturnType<typeof import('../../test/flowglad/startProxy.ts').startProxy>>
  nodes: ChaosServer[]
}
