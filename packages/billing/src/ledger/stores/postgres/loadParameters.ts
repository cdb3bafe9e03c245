import { tables } from '../tables.ts'
import { rowType } from './rowType.ts'

const { customer, hold, key, event, act, label } = tables

interface Known {
  customer: string
  version: number
  time: number
  nextExpiry: number
}
interface Waiting {
  customer: string
  atMost: number
}
interface UsedSince {
  customer: string
  meter: string
  since: number
  firstDay: string
  firstDayStart: number
  dimension: string
  value: string
}
interface Results {
  customer: string
  bytes: number
  few: number
}
const known = rowType<Known, keyof Known>({ name: 'known', integers: ['version', 'time', 'nextExpiry'] }, [
  'customer',
  'version',
  'time',
  'nextExpiry',
])
const waiting = rowType<Waiting, keyof Waiting>({ name: 'waiting', integers: ['atMost'] }, [
  'customer',
  'atMost',
])
const usedSince = rowType<UsedSince, keyof UsedSince>(
  { name: 'used_since', integers: ['since', 'firstDayStart'] },
  ['customer', 'meter', 'since', 'firstDay', 'firstDayStart', 'dimension', 'value'],
)
const results = rowType<Results, keyof Results>({ name: 'results', integers: ['bytes', 'few'] }, [
  'customer',
  'bytes',
  'few',
])
const holdId = rowType(hold, hold.key)
const keyId = rowType(key, key.key)
const eventId = rowType(event, event.key)

/** The types of the function's list parameters, in order. */
export const loadTypes = {
  customers: known,
  holds: holdId,
  keys: keyId,
  events: eventId,
  /** The rows to load only if another node has changed their customer. */
  holdsIfChanged: holdId,
  keysIfChanged: keyId,
  eventsIfChanged: eventId,
  acts: rowType(act, act.key),
  labels: rowType(label, label.key),
  sentEvents: rowType(customer, ['customer']),
  waitingEvents: waiting,
  usedSince,
  results,
}
export type LoadList = keyof typeof loadTypes
const lists = Object.keys(loadTypes)

/** The first two parameters: the time (null for the database's time), and the size limit for a customer's results. */
export const numbers = { now: '$1', resultBytesPerCustomer: '$2' }
export const list = (name: LoadList) => `$${lists.indexOf(name) + 3}`

/** With `batchBy: 'bucket'`, the parameter after the lists is the batch's bucket. */
export const bucketParameter = `$${lists.length + 3}`

/** The statements that create the types of the function's parameters. */
export const createLoadCustomersTypes = Object.values(loadTypes).map(({ create }) => create)
