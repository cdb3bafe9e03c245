import { sendLogs } from './logs.js'

/**
 * Runs after each response. Also runs every minute, in case a function died before it could call this
 * function.
 */
export async function finish() {
  await sendLogs()
}
