import { answerRequests } from '../archive/index.ts';
import { answerUnpackRequest } from './unpack-request.ts';

answerRequests(answerUnpackRequest);
