import type { Fault } from '../fault.ts'

const tests = ['sessions/sessions']

/** The sessions of open streams and WebSockets. */
export const sessions: Fault[] = [
  {
    name: 'a stream stays open after its session ends',
    file: 'sessions/decideSession.ts',
    find: "    case 'ended':\n      return 'ended'",
    replace: "    case 'ended':\n      return 'wait'",
    tests,
  },
  {
    name: 'a stream stays open after its session switches to another customer',
    file: 'sessions/decideSession.ts',
    find: "owner.customer === customer ? 'confirm' : 'ended'",
    replace: "owner.customer === customer ? 'confirm' : 'wait'",
    tests,
  },
  {
    name: 'a stream stays open as long as its session can’t be read',
    file: 'sessions/decideSession.ts',
    find: "uncheckedMs < maxUncheckedMs ? 'wait' : 'unchecked'",
    replace: "uncheckedMs < maxUncheckedMs * 1000 ? 'wait' : 'unchecked'",
    tests,
  },
  {
    name: 'a brief outage of the session store ends every stream',
    file: 'sessions/decideSession.ts',
    find: "uncheckedMs < maxUncheckedMs ? 'wait' : 'unchecked'",
    replace: "uncheckedMs < maxUncheckedMs * 0 ? 'wait' : 'unchecked'",
    tests,
  },
  {
    name: 'a check confirms a session for longer than it was valid',
    file: 'sessions/sessionChecks.ts',
    find: 'check.of.confirmedAt = check.startedAt',
    replace: 'check.of.confirmedAt = check.startedAt + 10 ** 9',
    tests,
  },
  {
    name: 'a call over a WebSocket is accepted after its session has ended',
    file: 'sessions/sessionChecks.ts',
    find: 'this.#decide(await this.#read(ctx, customer), { customer, startedAt, of: connection, end: fail })',
    replace:
      'this.#decide(await this.#read(ctx, customer), { customer, startedAt, of: connection, end: () => {} })',
    tests,
  },
  {
    name: 'the streams of all of a session’s organizations end when the user leaves one of them',
    file: 'sessions/sessionChecks.ts',
    find: 'JSON.stringify([id, customer])',
    replace: 'JSON.stringify([id, customer.length * 0])',
    tests,
  },
  {
    name: 'each stream reads its session separately',
    file: 'sessions/sessionChecks.ts',
    find: 'const id = this.#idOf(ctx, customer) ?? stream',
    replace: 'const id = stream',
    tests,
  },
  {
    name: 'a session is read after its last stream has ended',
    file: 'sessions/sessionChecks.ts',
    find: '      session.ended.abort()\n      if',
    replace: '      if',
    tests,
  },
  {
    name: 'the reader of a stream whose session ended is charged as if it had left',
    file: 'sessions/reader.ts',
    find: 'this.#error = error\n    this.#leave()',
    replace: 'this.#leave()',
    tests,
  },
]
