import { useNetwork } from '@mantine/hooks'
import { Notice } from '../parts/Notice.tsx'

/** Warns the user while the browser is offline. */
export function OfflineNotice() {
  const { online } = useNetwork()
  if (online) return null
  return (
    <Notice tone="warning" title="You are offline">
      Nothing is sent or charged until you are back online. Your text stays here.
    </Notice>
  )
}
