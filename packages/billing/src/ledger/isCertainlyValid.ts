import { maxAmount } from '../contract/amount.ts'
import { maxDimensions, maxValues } from '../contract/dimensions.ts'
import { keyPattern } from '../contract/keyFormat.ts'
import type { Command, EventPrice, Label, Leg, PastDueRule, Reserve, Settle } from './commands.ts'
import { fingerprintPattern, isStorable, operationPattern } from './fields.ts'

/**
 * Returns true only if the command's schema accepts the command without changes. Returns false if the schema must
 * decide, for example because the command contains a long text. Every metered call sends a `reserve` and a `settle`
 * or `release`, and the schema takes about ten times as long as this function.
 */
export function isCertainlyValid(command: Command): boolean {
  switch (command.type) {
    case 'reserve':
      return isValidReserve(command)
    case 'settle':
      return isValidSettle(command)
    case 'release':
      return isShort(command.customer) && isShort(command.attempt)
    default:
      return false
  }
}

const isValidReserve = (command: Reserve) =>
  isOfOperation(command) &&
  areLegs(command.legs, isHeldLeg) &&
  command.legs.length > 0 &&
  isCount(command.ttlMs) &&
  isCount(command.maxHoldMs) &&
  isCount(command.snapshotMaxStaleMs) &&
  (command.pastDue === undefined || isRule(command.pastDue)) &&
  typeof command.decisive === 'boolean'

const isHeldLeg = (leg: Leg) =>
  isObject(leg) &&
  isShort(leg.meter) &&
  isCount(leg.amount) &&
  (leg.unlimitedBy === null || isShort(leg.unlimitedBy)) &&
  (leg.overageWith === null || isShort(leg.overageWith)) &&
  (leg.onExpiry === 'release' || leg.onExpiry === 'settle') &&
  isPrice(leg.price) &&
  (leg.labels === undefined || areLabels(leg.labels))

const isValidSettle = (command: Settle) =>
  isOfOperation(command) &&
  isShort(command.subscription) &&
  areLegs(command.legs, isSettledLeg) &&
  (command.result === null || isText(command.result)) &&
  (command.reference === null || isShort(command.reference)) &&
  areProperties(command.properties)

const isSettledLeg = (leg: Settle['legs'][number]) =>
  isObject(leg) &&
  isShort(leg.meter) &&
  (leg.amount === 0 || isCount(leg.amount)) &&
  isPrice(leg.price) &&
  (leg.flagged === null || isShort(leg.flagged)) &&
  (leg.labels === undefined || areLabels(leg.labels))

const isOfOperation = ({ customer, attempt, procedure, key, fingerprint, recoverable }: Reserve | Settle) =>
  isShort(customer) &&
  isShort(attempt) &&
  isShort(procedure) &&
  (recoverable === undefined || (isText(recoverable) && operationPattern.test(recoverable))) &&
  (key === null
    ? fingerprint === null
    : isText(key) && keyPattern.test(key) && isText(fingerprint) && fingerprintPattern.test(fingerprint))

/** Accepts up to 32 legs, each for a different meter. */
function areLegs<L extends { meter: string }>(legs: L[], isLeg: (leg: L) => boolean): boolean {
  if (!Array.isArray(legs) || legs.length > 32) return false
  // Don't use `every` here, because it skips the holes in a sparse array.
  for (const leg of legs) if (!isLeg(leg)) return false
  return legs.every(({ meter }, index) => legs.findIndex((leg) => leg.meter === meter) === index)
}

/** Accepts up to 8 labels, each for a different dimension. */
function areLabels(labels: Label[]): boolean {
  if (!Array.isArray(labels) || labels.length > maxDimensions) return false
  for (const label of labels) if (!isLabel(label)) return false
  return new Set(labels.map(({ dimension }) => dimension)).size === labels.length
}

const isLabel = (label: Label) =>
  isObject(label) &&
  isShort(label.dimension) &&
  isShort(label.value) &&
  isCount(label.atMost) &&
  label.atMost <= maxValues

const isPrice = (price: EventPrice) =>
  isObject(price) &&
  Object.keys(price).length === 1 &&
  isShort('priceSlug' in price ? price.priceSlug : price.usageMeterSlug)

const isRule = (rule: PastDueRule) =>
  isObject(rule) &&
  Number.isFinite(rule.graceMs) &&
  rule.graceMs >= 0 &&
  (rule.leaves === 'free' || rule.leaves === 'none')

function areProperties(properties: Settle['properties']): boolean {
  if (!isObject(properties)) return false
  const names = Object.keys(properties)
  return names.length <= 50 && names.every((name) => isShort(name) && isShort(properties[name]))
}

/** Returns true only if the value is valid for each of these commands' text fields. */
const isShort = (value: unknown): value is string => isText(value) && value.length > 0 && value.length <= 64

const isText = (value: unknown): value is string => typeof value === 'string' && isStorable(value)

/** Returns whether the value is valid both as an amount and as a duration. */
const isCount = (value: number) => Number.isInteger(value) && value >= 1 && value <= maxAmount

const isObject = (value: object | null) =>
  value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
