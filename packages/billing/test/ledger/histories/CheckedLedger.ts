import { expect } from 'vitest'
import type { Answer, ReserveAnswer } from '../../../src/ledger/answers.ts'
import type { Command } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import type { Alert, CustomerBalances, DailyLabel } from '../../../src/ledger/reads.ts'
import { checkTruth, checkWaived } from './checkTruth.ts'
import { Model } from './Model.ts'
import { ModelAlerts } from './ModelAlerts.ts'
import { World } from './world.ts'

/** The ledger under test. */
export interface Subject {
  run(commands: Command[]): Promise<Answer[]>
  balances(customer: string): Promise<CustomerBalances>
  alerts(customer: string): Promise<Alert[]>
  /** Returns the units by day, meter, dimension and value. */
  dailyLabels(customer: string): AsyncIterable<DailyLabel>
  /** The lookups across customers, and the audit. Undefined if the ledger under test has none. */
  lookups?: Pick<Ledger, 'customersWithDueHolds' | 'customersToDeliver' | 'audit' | 'usageByValue'>
}

/**
 * Runs one customer's commands on both the ledger and the model. Compares their answers and balances with
 * each other and with the truth at Flowglad.
 */
export class CheckedLedger {
  readonly customer: string
  readonly model: Model
  readonly world = new World()
  readonly #alerts = new ModelAlerts()
  readonly #subject: Subject
  /** The number of changes at Flowglad other than usage events. */
  changes = 0
  /** The number of `changes` that the last installed snapshot includes. */
  changesSeen = -1
  #generatedIds = 0
  #last: CustomerBalances = { version: 0, lastAlertAt: 0, snapshot: null, balances: [] }

  constructor(customer: string, subject: Subject, now: number) {
    this.customer = customer
    this.#subject = subject
    this.model = new Model(now)
    this.world.subscribe(now, 20, [])
  }

  /** Generates an ID that sorts after all earlier IDs of the same kind. */
  newId(kind: string): string {
    this.#generatedIds += 1
    return `${kind}${String(this.#generatedIds).padStart(6, '0')}`
  }

  isKnown(attempt: string): boolean {
    return this.model.holds.has(attempt) || this.model.expired.has(attempt)
  }

  /** Runs a batch on the ledger and the model. Checks the answers and balances. */
  async execute(commands: Command[]): Promise<Answer[]> {
    if (commands.length === 0) return []
    const expected = commands.map((command) => {
      const isRepeated = command.type === 'reserve' && this.isKnown(command.attempt)
      const answer = this.model.answer(command)
      this.#alerts.note(this.model)
      if (command.type === 'reserve' && !isRepeated && isDecision(answer)) checkTruth(this, command, answer)
      return answer
    })
    checkWaived(this)
    const answers = await this.#subject.run(commands)
    expect(answers.map(sorted)).toEqual(expected.map(sorted))
    await this.#checkBudgets()
    await this.#checkAlerts()
    await this.#checkDimensions()
    const balances = await this.#subject.balances(this.customer)
    expect(balances.balances).toEqual(this.model.balances())
    expect(balances.snapshot?.pastDue ?? null).toEqual(this.model.pastDue())
    for (const free of balances.snapshot?.free ?? []) expect(free).toEqual(this.model.free(free.meter))
    expect(balances.version).toBeGreaterThanOrEqual(this.#last.version)
    if (balances.version === this.#last.version) expect(balances.balances).toEqual(this.#last.balances)
    this.#last = balances
    await this.#checkLookups()
    return answers
  }

  /** Checks the units of each value, and that the values and `other` add up to the daily totals. */
  async #checkDimensions(): Promise<void> {
    const { customer, model } = this
    for (const dimension of ['member', 'model']) {
      const units: Record<string, number> = {}
      for await (const row of this.#subject.dailyLabels(customer)) {
        if (row.dimension === dimension) units[nameOf(row)] = row.amount
      }
      const expected = model.usageByValue(dimension)
      const values = Object.entries(expected).filter(([name]) => !name.endsWith(' other'))
      expect(units).toEqual(Object.fromEntries(values))
      const query = { customer, dimension, meters: ['pictures', 'tokens'], days: 366 }
      const rows = await this.#subject.lookups?.usageByValue(query)
      if (rows) expect(Object.fromEntries(rows.map((row) => [nameOf(row), row.amount]))).toEqual(expected)
    }
  }

  async #checkBudgets(): Promise<void> {
    if (this.model.budgets.size === 0) return
    const [answer] = await this.#subject.run([{ type: 'listBudgets', customer: this.customer }])
    const budgets = answer?.state === 'listed' ? answer.budgets : []
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    expect(budgets.toSorted(byId)).toEqual(this.model.budgets.list().toSorted(byId))
  }

  /** Checks that each of the model's alerts was raised once, with the units and the limit at that time. */
  async #checkAlerts(): Promise<void> {
    const alerts = await this.#subject.alerts(this.customer)
    const raised = alerts.map(({ id, used, limit, threshold }) => [id, { used, limit, threshold }] as const)
    expect(new Map(raised)).toEqual(this.#alerts.raised)
    expect(alerts.length).toBe(this.#alerts.raised.size)
  }

  /**
   * Checks that each lookup finds the customer if and only if the customer has work of that kind: due holds
   * or events to deliver.
   */
  async #checkLookups(): Promise<void> {
    const { lookups } = this.#subject
    if (!lookups) return
    const due = await lookups.customersWithDueHolds(10)
    const toDeliver = await lookups.customersToDeliver(10)
    expect({
      due: due.includes(this.customer),
      toDeliver: toDeliver.includes(this.customer),
    }).toEqual({ due: this.model.hasDueHolds(), toDeliver: this.model.isToDeliver() })
  }
}

const nameOf = ({ day, meter, value }: Pick<DailyLabel, 'day' | 'meter' | 'value'>) =>
  `${day} ${meter} ${value}`

const isDecision = (answer: Answer): answer is ReserveAnswer =>
  answer.state === 'held' || answer.state === 'short'

/**
 * Sorts the ambiguous events and the budgets, because their order doesn't matter. Removes the states before and after
 * an act, because the balances are compared separately.
 */
function sorted(answer: Answer): Answer {
  switch (answer.state) {
    case 'done':
    case 'repeated':
      return { ...answer, act: { ...answer.act, before: { accounts: [] }, after: { accounts: [] } } }
    case 'taken': {
      const id = (event: { attempt: string; meter: string }) => event.attempt + event.meter
      return { ...answer, ambiguous: answer.ambiguous.toSorted((a, b) => (id(a) < id(b) ? -1 : 1)) }
    }
    case 'overBudget':
      return { ...answer, budgets: answer.budgets.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }
    default:
      return answer
  }
}
