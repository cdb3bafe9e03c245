import { Button, Skeleton } from '@mantine/core'
import { useRef } from 'react'
import { FailedSection } from '../denials/FailedSection.tsx'
import { formatTime } from '../format/format.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import classes from './Gallery.module.css'
import { useBroughtIntoView } from './useBroughtIntoView.ts'
import { useGallery } from './useGallery.ts'

const ideas = [
  'A lighthouse above a sea of fog',
  'Terraced fields after rain, seen from a kite',
  'A quiet library under a glass river',
]

interface GalleryProps {
  /** The number of pictures in progress. */
  pending: number
  onTry: (prompt: string) => void
}

/** Shows placeholders for pictures in progress, then the user's own pictures, newest first. */
export function Gallery({ pending, onTry }: GalleryProps) {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useGallery()
  const pictures = data?.pages.flatMap((page) => page.pictures) ?? []
  const heading = useRef<HTMLHeadingElement>(null)
  useBroughtIntoView(heading, pending > 0)

  return (
    <section aria-labelledby="gallery" aria-busy={pending > 0}>
      <h2 id="gallery" ref={heading} className={classes.heading}>
        Your gallery
      </h2>
      {error && !data && <FailedSection what="Your pictures" error={error} onRetry={() => void refetch()} />}
      {data && pictures.length === 0 && pending === 0 && <Empty onTry={onTry} />}
      <ul className={classes.grid}>
        {Array.from({ length: pending }, (_, index) => (
          <li key={index} className={classes.making} aria-label="Picture in progress" />
        ))}
        {pictures.map(({ id, url, prompt, createdAt }) => (
          <li key={id}>
            <a href={url} target="_blank" rel="noreferrer" className={classes.picture}>
              <img src={url} alt={prompt} loading="lazy" width={512} height={512} />
              <span className={classes.caption}>
                <span className={classes.prompt}>{prompt}</span>
                <time dateTime={new Date(createdAt).toISOString()}>{formatTime(createdAt)}</time>
              </span>
            </a>
          </li>
        ))}
        {isPending &&
          Array.from({ length: 4 }, (_, index) => (
            <li key={`loading ${index}`}>
              <Skeleton className={classes.loading} radius="md" />
            </li>
          ))}
      </ul>
      {hasNextPage && (
        <div className={classes.more}>
          <BusyButton variant="default" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? 'Loading…' : 'Show older pictures'}
          </BusyButton>
        </div>
      )}
    </section>
  )
}

function Empty({ onTry }: { onTry: (prompt: string) => void }) {
  return (
    <div className={classes.empty}>
      <div className={classes.frames} aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      <div>
        <p className={classes.emptyTitle}>Your pictures will appear here</p>
        <p>Describe something you would like to see, or start with one of these:</p>
        <div className={classes.ideas}>
          {ideas.map((idea) => (
            <Button key={idea} variant="default" size="xs" radius="xl" onClick={() => onTry(idea)}>
              {idea}
            </Button>
          ))}
        </div>
      </div>
    </div>
  )
}
