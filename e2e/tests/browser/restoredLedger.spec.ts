import { existsSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { expect, test } from './browserTest.ts'

test.setTimeout(120_000)

// The files of a database. A stopped server can leave its last changes in the write-ahead log.
const parts = ['', '-wal']

async function backUp(file: string) {
  for (const part of parts) if (existsSync(file + part)) await copyFile(file + part, `${file}.backup${part}`)
}

async function restore(file: string) {
  for (const part of [...parts, '-shm']) await rm(file + part, { force: true })
  for (const part of parts)
    if (existsSync(`${file}.backup${part}`)) await copyFile(`${file}.backup${part}`, file + part)
}

test('shows the restored balance on a page that stays open during a restore from a backup', async ({
  app,
  stack,
  network,
  customer,
}) => {
  await customer.makePictures(1)
  // Wait until Flowglad has recorded this usage. If Flowglad received the usage only after the backup, the
  // restored ledger would subtract it from a balance that already includes it.
  await expect.poll(() => stack.records.used(customer)).toEqual({ generations: 1 })
  await stack.restart('SIGTERM', { whileStopped: backUp })
  await app.open()
  await app.expectBalance('generations', { left: 9, of: 10 })
  // Make sure that Flowglad doesn't receive the usage that is missing from the backup.
  network.fail('/usage-events', 'unreachable')
  await customer.makePictures(9)
  await expect(app.paywall).toBeVisible()

  await stack.restart('SIGTERM', { whileStopped: restore })
  await app.expectBalance('generations', { left: 9, of: 10 })
  await expect(app.paywall).toHaveCount(0)
})
