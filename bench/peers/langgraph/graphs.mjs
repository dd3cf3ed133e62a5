// The agents `echo` and `chat` as LangGraph graphs, as small as they can be. MODEL_URL is the provider of `chat`.

import { AIMessage } from '@langchain/core/messages';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';

const window_messages_max = 20; // as agents/chat/agent.json has it

const model = new ChatOpenAI({
  model: 'mock-1',
  apiKey: 'none',
  configuration: { baseURL: process.env.MODEL_URL },
});

const repeat = ({ messages }) => ({ messages: [new AIMessage(`echo: ${messages.at(-1).content}`)] });

const ask = async ({ messages }, config) => ({ messages: [await model.invoke(messages.slice(-window_messages_max), config)] });

const graph_of = (node) => new StateGraph(MessagesAnnotation).addNode('node', node).addEdge(START, 'node').addEdge('node', END);

export const graphs = { echo: graph_of(repeat), chat: graph_of(ask) };

// For the development server, which brings its own checkpointer.
export const echo = graphs.echo.compile();
export const chat = graphs.chat.compile();
