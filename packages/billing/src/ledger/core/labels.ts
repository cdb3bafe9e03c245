import type { Label } from '../commands.ts'
import type { Draft } from './draft.ts'
import type { HeldLabel, LabelRow } from './labelRows.ts'
import type { HoldRow } from './rows.ts'

/**
 * Decides under which values a leg's units count. A new value gets separate totals while the customer has fewer than
 * `atMost` values in the dimension. The caller must have loaded the leg's label rows.
 */
export const claimLabels = (draft: Draft, meter: string, labels: readonly Label[] = []): HeldLabel[] =>
  labels.map(({ dimension, value, atMost }) => ({
    dimension,
    value,
    isKnown: isKnown(draft, { meter, dimension, value }, atMost),
  }))

function isKnown(draft: Draft, id: Pick<LabelRow, 'meter' | 'dimension' | 'value'>, atMost: number): boolean {
  if (draft.label(id)) return true
  const counter = draft.label({ ...id, value: '' })
  const number = (counter?.number ?? 0) + 1
  if (number > atMost) return false
  const { customer } = draft.row
  draft.writeLabel({ customer, ...id, number })
  draft.writeLabel({ customer, ...id, value: '', number })
  return true
}

/** Adds units to the labels' totals of the day. The amount can be negative if it corrects an earlier amount. */
export function countLabels(
  draft: Draft,
  { day, meter, amount, labels }: { day: string; meter: string; amount: number; labels: HeldLabel[] },
): void {
  for (const { dimension, value, isKnown } of labels) {
    if (isKnown) draft.addToLabel({ day, meter, dimension, value }, amount)
  }
}

/** Returns the labels under which a hold's units on the meter count. */
export const heldLabels = (hold: HoldRow | undefined, meter: string): HeldLabel[] =>
  hold?.legs.find((leg) => leg.meter === meter)?.labels ?? []
