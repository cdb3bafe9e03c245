import { expect, it } from 'vitest'
import { timeByPart } from '../../bench/processes/timeByPart.ts'

const node = (id: number, functionName: string, url = '', children: number[] = []) => ({
  id,
  children,
  callFrame: { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 },
})
const modules = 'file:///app/node_modules'

it('adds up the samples of each package, of Node and of the garbage collector, and ignores idle time', () => {
  const nodes = [
    node(1, '(root)'),
    node(2, '(idle)'),
    node(3, '(garbage collector)'),
    node(4, 'writev'),
    node(5, 'emit', 'node:events'),
    node(6, 'settle', `${modules}/.test-scripts/serverProcess/serverProcess.js`),
    node(7, 'next', `${modules}/.pnpm/@trpc+server@11/node_modules/@trpc/server/dist/initTRPC.mjs`),
    node(8, 'exec', `${modules}/libsql/index.js`, [10]),
    node(9, 'run', `${modules}/libsql/index.js`, [11]),
    node(10, 'libsql_js::statement::Rows::js_next'),
    node(11, 'libsql_js::statement::Rows::js_next'),
  ]
  const samples = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
  expect(timeByPart({ nodes, samples, timeDeltas: samples.map((_, index) => 10 ** index) })).toEqual({
    'garbage collector': 1e2,
    Node: 1e3 + 1e4,
    '@metered/billing': 1e5,
    '@trpc/server': 1e6,
    'libsql: BEGIN and COMMIT': 1e7 + 1e9,
    'libsql: other statements': 1e8 + 1e10,
  })
})
