import type { Fault } from '../fault.ts'

const tests = ['sessions/sessions']

/** Faults in the sessions of open streams and WebSockets. */
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
]
