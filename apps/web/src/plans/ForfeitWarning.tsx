import { Button, Group, Modal, Text } from '@mantine/core'
import type { Meter } from '../api.ts'
import { amountOf } from '../meters.ts'

interface ForfeitWarningProps {
  plan: string
  forfeited: { meter: Meter; amount: number }[]
  busy: boolean
  onConfirm: () => void
  onClose: () => void
}

export function ForfeitWarning({ plan, forfeited, busy, onConfirm, onClose }: ForfeitWarningProps) {
  const credits = forfeited.map(({ meter, amount }) => amountOf(meter, amount)).join(' and ')
  return (
    <Modal opened onClose={onClose} title={`Upgrading leaves ${credits} behind`} centered>
      <Text>
        The pack you bought belongs to your Free plan. When {plan} replaces it, the {credits} left in the pack
        cannot be used any more. Use them up first if you like: {plan} does not run away.
      </Text>
      <Group mt="lg" justify="flex-end">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep my credits
        </Button>
        <Button onClick={onConfirm} disabled={busy}>
          {busy ? 'Opening the checkout…' : `Upgrade to ${plan} anyway`}
        </Button>
      </Group>
    </Modal>
  )
}
