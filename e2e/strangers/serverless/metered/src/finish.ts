import { billing } from './billing.js'
import { sendLogs } from './logs.js'

/**
 * Runs after each response, and every minute for functions that died before they could call `finish`.
 */
export async function finish() {
  await billing.drain()
  await sendLogs()
}
