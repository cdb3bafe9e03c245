import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { routeOf } from './logSerializers.ts'

/** Logs one line for each response. The line doesn't contain the URL. */
export class RequestLog extends LogController {
  override incomingRequest() {}

  override routeNotFound() {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
    const { method } = request
    const line = {
      method,
      route: routeOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    }
    if (error) request.log.error({ ...line, err: error }, 'request failed')
    else request.log.info(line, 'request')
  }
}
