import type { BudgetStatus, OperateAnswer } from '../ledger/answers.ts'
import type { Operate } from '../ledger/commands.ts'
import type { Violation } from '../ledger/core/audit.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type {
  Act,
  ActCursor,
  Alert,
  Charge,
  CustomerBalances,
  DeniedCalls,
  Hold,
  UndeliveredEvent,
} from '../ledger/reads.ts'
import { refundTimes } from './refundTimes.ts'

/** The maximum lengths of a report's lists. */
export const reported = { charges: 20, events: 100, acts: 50, alerts: 20 }

/** An act and its author. `by`, `reason` and `id` become part of the act's record. A record can't be changed. */
export type OperatorCommand = Pick<Operate, 'customer' | 'id' | 'by' | 'reason' | 'act'>

/** A charge, and the time of its refund. */
export interface ReportedCharge extends Charge {
  /** When an operator refunded the charge, in epoch milliseconds. Null if the charge isn't refunded. */
  refundedAt: number | null
}

/** A customer's plan, balances, budgets, alerts, running work, recent charges and recent acts. */
export interface CustomerReport extends CustomerBalances {
  customer: string
  budgets: BudgetStatus[]
  /** The last 20 alerts, newest first. */
  alerts: Alert[]
  /** The open holds, oldest first. */
  holds: Hold[]
  /** The last day's denials, newest first. */
  denials: DeniedCalls[]
  /** The last 20 charges, newest first. */
  charges: ReportedCharge[]
  /** Up to 100 usage events that Flowglad hasn't acknowledged, oldest first. */
  events: UndeliveredEvent[]
  /** Operators' last 50 acts, newest first. */
  acts: Act[]
}

/** Reads a ledger for operators, and performs their acts. Servers can use the ledger at the same time. */
export interface Operator {
  /** Returns up to `limit` customers whose IDs start with `startsWith`, ordered by ID. */
  find(query: { startsWith: string; limit: number }): Promise<string[]>
  /** Returns a report on the customer, or null if the ledger has no such customer. */
  customer(id: string): Promise<CustomerReport | null>
  /** Returns a page of charges, newest first. Pass the previous page's cursor, or null for the first page. */
  charges(query: {
    customer: string
    limit: number
    cursor: string | null
  }): Promise<{ charges: ReportedCharge[]; cursor: string | null }>
  /** Returns up to `limit` parked usage events from all customers. */
  parked(limit: number): ReturnType<Ledger['parked']>
  /**
   * Performs an act, and records it in the same transaction. `id` is a UUID that the caller creates. If the result
   * is lost, send the same command again. If an act with this ID is already recorded, the command changes nothing,
   * and returns `repeated` with the record. A second refund of the same charge also returns `repeated`.
   */
  act(command: OperatorCommand): Promise<OperateAnswer>
  /** Returns the records of the acts on one customer, oldest first. Default: the acts on all customers. */
  acts(query?: { customer?: string | null; after?: ActCursor | null }): AsyncIterable<Act>
  /** Compares the customer's counters with the rows that they count, and returns the differences. */
  audit(customer: string): Promise<Violation[]>
}

interface OperatorParts {
  ledger: Pick<
    Ledger,
    | 'findCustomers'
    | 'balances'
    | 'holds'
    | 'denials'
    | 'charges'
    | 'undelivered'
    | 'alerts'
    | 'parked'
    | 'execute'
    | 'acts'
    | 'audit'
  >
  /** Wraps each read and each act, for example to convert errors. */
  run?: <T>(work: () => Promise<T>) => Promise<T>
  /** Called after an event is dropped. `act` waits for the result. */
  onDrop?: (customer: string) => Promise<unknown>
}

export function createOperator({ ledger, run = (work) => work(), onDrop }: OperatorParts): Operator {
  async function charges(query: Parameters<Operator['charges']>[0], acts: AsyncIterable<Act> | Act[]) {
    const page = await ledger.charges(query)
    const refundedAt = await refundTimes(acts)
    return { ...page, charges: page.charges.map((charge) => ({ ...charge, refundedAt: refundedAt(charge) })) }
  }

  async function report(id: string): Promise<CustomerReport | null> {
    const [balances, denials] = await Promise.all([ledger.balances(id), ledger.denials(id)])
    // A new customer's first calls can be denied, so a customer can have denials before any other rows.
    if (balances.version === 0 && denials.length === 0) return null
    const acts: Act[] = []
    for await (const act of ledger.acts({ customer: id })) acts.push(act)
    const [holds, { budgets }, alerts, page, events] = await Promise.all([
      ledger.holds(id),
      ledger.execute({ type: 'listBudgets', customer: id }),
      ledger.alerts({ customer: id, limit: reported.alerts }),
      charges({ customer: id, limit: reported.charges, cursor: null }, acts),
      ledger.undelivered({ customer: id, limit: reported.events }),
    ])
    const recent = acts.slice(-reported.acts).reverse()
    const shown = { budgets, alerts, holds, denials, charges: page.charges, events, acts: recent }
    return { customer: id, ...balances, ...shown }
  }

  return {
    find: (query) => run(() => ledger.findCustomers(query)),
    customer: (id) => run(() => report(id)),
    charges: (query) => run(() => charges(query, ledger.acts({ customer: query.customer }))),
    parked: (limit) => run(() => ledger.parked(limit)),
    async act({ customer, id, by, reason, act }) {
      const answer = await run(() => ledger.execute({ type: 'operate', customer, id, by, reason, act }))
      if (act.type === 'drop' && answer.state !== 'refused') await onDrop?.(customer)
      return answer
    },
    async *acts({ customer = null, after = null } = {}) {
      const found = ledger.acts({ customer, after })[Symbol.asyncIterator]()
      for (;;) {
        const next = await run(() => found.next())
        if (next.done) return
        yield next.value
      }
    },
    audit: (customer) => run(() => ledger.audit(customer)),
  }
}
