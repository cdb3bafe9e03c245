import type { Operate } from '../../../src/ledger/commands.ts'
import { Calls } from './Calls.ts'
import { CheckedLedger, type Subject } from './CheckedLedger.ts'
import { Deliveries } from './Deliveries.ts'
import { Fetches } from './Fetches.ts'
import {
  type BudgetStep,
  isDeliverStep,
  isFetchStep,
  type OperateStep,
  type Step,
  type WorldStep,
} from './history.ts'

/** Runs one customer's steps in a history: calls, fetches, deliveries and changes at Flowglad. */
export class Life {
  readonly #ledger: CheckedLedger
  readonly #calls: Calls
  readonly #fetches: Fetches
  readonly #deliveries: Deliveries

  constructor(customer: string, subject: Subject, now: number) {
    this.#ledger = new CheckedLedger(customer, subject, now)
    this.#calls = new Calls(this.#ledger)
    this.#fetches = new Fetches(this.#ledger)
    this.#deliveries = new Deliveries(this.#ledger, this.#fetches)
  }

  set now(now: number) {
    this.#ledger.model.now = now
  }

  async live(step: Step): Promise<void> {
    if (isFetchStep(step)) return this.#fetches.live(step)
    if (isDeliverStep(step)) return this.#deliveries.live(step)
    switch (step.type) {
      case 'advance':
        return
      case 'calls':
        await this.#ledger.execute(step.calls.flatMap((call) => this.#calls.commands(call)))
        return
      case 'strayArrives':
        return this.#deliveries.straysArrive()
      case 'setBudget':
      case 'removeBudget':
        return this.#changeBudget(step)
      case 'operate':
      case 'adjust':
        return this.#operate(step)
      default:
        this.#ledger.changes += 1
        this.#changeFlowglad(step)
    }
  }

  async #changeBudget(step: BudgetStep): Promise<void> {
    const { customer, model } = this.#ledger
    if (step.type === 'removeBudget') {
      const ids = model.budgets.list().map(({ id }) => id)
      const id = ids[step.nth % ids.length] ?? 'none'
      await this.#ledger.execute([{ type: 'removeBudget', customer, id }])
      return
    }
    const instance = this.#ledger.newId('budget')
    const timeZone = step.window === 'day' ? 'UTC' : null
    const usedSince = model.budgets.windowNow(step.window).start
    await this.#ledger.execute([{ ...step, customer, instance, timeZone, usedSince }])
  }

  async #operate(step: OperateStep): Promise<void> {
    const { customer } = this.#ledger
    const act = step.type === 'adjust' ? adjust(step) : this.#actOn(step.act)
    const id = this.#ledger.newId('act')
    await this.#ledger.execute([{ type: 'operate', customer, id, by: 'olga', reason: 'a history', act }])
  }

  /**
   * Drops or retries a parked event, releases an open hold, or refunds the newest charge. If there is no parked
   * event or open hold, targets the newest charge, so the ledger must refuse the act.
   */
  #actOn(type: 'drop' | 'retry' | 'release' | 'refund'): Operate['act'] {
    const { model } = this.#ledger
    const events = [...model.events.values()]
    const none = { attempt: 'none', meter: 'tokens' }
    const newest = events.at(-1) ?? none
    const { attempt, meter } =
      type === 'refund' ? newest : (events.find((event) => event.state === 'parked') ?? newest)
    const [held = attempt] = model.holds.keys()
    return type === 'release' ? { type, attempt: held } : { type, attempt, meter }
  }

  #changeFlowglad(step: WorldStep): void {
    const { model, world } = this.#ledger
    switch (step.type) {
      case 'topUp':
        world.topUp(step.meter, step.amount)
        break
      case 'subscribe':
        world.subscribe(model.now, step.granted, step.unlimited ? ['all'] : [], step.isFree)
        break
      case 'features':
        world.setFeatures(step.unlimited ? ['all'] : [])
        break
      case 'unsubscribe':
        world.unsubscribe()
        break
      case 'payment':
        world.setPayment(model.now, step)
        break
      case 'renew':
        world.renew(model.now)
        break
      default:
        step satisfies never
    }
  }
}

const adjust = ({ meter, units }: Extract<OperateStep, { type: 'adjust' }>): Operate['act'] => ({
  type: 'adjust',
  meter,
  amount: units,
})
