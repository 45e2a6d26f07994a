//! One end that is a real remoc: its multiplexer and the smallest application. The same code for both releases, but for
//! how ports are asked for.

/// The channels by which the application of a port is told what to do.
macro_rules! remoc_end {
    ($remoc:ident, $configure:expr, $open:expr, $list:expr) => {
        use std::cell::RefCell;
        use std::collections::{BTreeMap, VecDeque};
        use std::rc::Rc;

        use futures::StreamExt;
        use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
        use $remoc::chmux::{Cfg, ChMux, Client, ConnectError, Receiver, Received, Request, SendError, Sender};
        use tokio::task::spawn_local;

        use crate::script::Port;
        use crate::seen::{CONNECTION, Command, Seen, Wiring};

        /// The applications of the ports of one end.
        #[derive(Clone)]
        struct Ports {
            end: usize,
            seen: Seen,
            senders: Rc<RefCell<BTreeMap<Port, UnboundedSender<Command>>>>,
            receivers: Rc<RefCell<BTreeMap<Port, UnboundedSender<Command>>>>,
        }

        pub async fn run(mut wiring: Wiring) {
            let (end, seen) = (wiring.end, wiring.seen.clone());
            let stream = wiring.stream.map(Ok::<_, std::io::Error>);
            let mut cfg = Cfg { chunk_size: wiring.sizes.0, ..Cfg::default() };
            ($configure)(&mut cfg, wiring.sizes.1);
            let (mux, client, mut listener) =
                ChMux::new(cfg, wiring.sink, stream).await.unwrap_or_else(|error| panic!("{error}"));
            let over = {
                let seen = seen.clone();
                spawn_local(async move {
                    let outcome = mux.run().await;
                    seen.note((end, CONNECTION), if outcome.is_ok() { "ended" } else { "failed" });
                })
            };
            let requests: Rc<RefCell<VecDeque<Request>>> = Rc::default();
            let listening = {
                let requests = requests.clone();
                spawn_local(async move {
                    while let Ok(Some(request)) = listener.inspect().await {
                        requests.borrow_mut().push_back(request);
                    }
                })
            };
            let ports = Ports { end, seen, senders: Rc::default(), receivers: Rc::default() };
            while let Some(command) = wiring.commands.next().await {
                match command {
                    Command::Open(port) => {
                        let (ports, client) = (ports.clone(), client.clone());
                        spawn_local(async move { ports.asked(port, ($open)(client).await) });
                    }
                    Command::Answer { accept, port } => {
                        let request = requests.borrow_mut().pop_front().expect("a request");
                        ports.answer(port, request, accept).await;
                    }
                    Command::End => break,
                    command => ports.pass(command),
                }
            }
            ports.senders.borrow_mut().clear();
            ports.pass(Command::ReceiveAll);
            listening.abort();
            drop(client);
            over.await.ok();
        }

        impl Ports {
            /// A port of ours was answered.
            fn asked(&self, port: Port, outcome: Result<(Sender, Receiver), ConnectError>) {
                match outcome {
                    Ok(halves) => {
                        self.seen.note((self.end, port), "opened");
                        self.add(port, halves);
                    }
                    Err(ConnectError::Rejected) => self.seen.note((self.end, port), "refused"),
                    Err(error) => self.seen.note((self.end, port), format!("refused: {error}")),
                }
            }

            async fn answer(&self, port: Port, request: Request, accept: bool) {
                if accept {
                    self.add(port, request.accept().await.unwrap_or_else(|error| panic!("{error}")));
                } else {
                    request.reject(false).await;
                }
            }

            fn add(&self, port: Port, (sender, receiver): (Sender, Receiver)) {
                let (tx, commands) = unbounded();
                self.senders.borrow_mut().insert(port, tx);
                spawn_local(self.clone().send(port, sender, commands));
                let (tx, commands) = unbounded();
                self.receivers.borrow_mut().insert(port, tx);
                spawn_local(self.clone().receive(port, receiver, commands));
            }

            fn pass(&self, command: Command) {
                let (which, port) = match &command {
                    Command::Send(port, _) | Command::List(port, _) | Command::Finish(port) => {
                        (&self.senders, *port)
                    }
                    Command::Receive(port, _) | Command::Close(port) | Command::Drop(port) => {
                        (&self.receivers, *port)
                    }
                    other => {
                        for tx in self.receivers.borrow().values() {
                            tx.unbounded_send(other.clone()).ok();
                        }
                        return;
                    }
                };
                which.borrow()[&port].unbounded_send(command).ok();
            }

            async fn send(self, port: Port, mut sender: Sender, mut commands: UnboundedReceiver<Command>) {
                let at = (self.end, port);
                let note = |outcome: Result<(), SendError>| match outcome {
                    Ok(()) => {}
                    Err(SendError::Closed { gracefully }) => {
                        self.seen.note(at, if gracefully { "closed" } else { "dropped" });
                    }
                    Err(error) => self.seen.note(at, format!("cannot send: {error}")),
                };
                while let Some(command) = commands.next().await {
                    match command {
                        Command::Send(_, message) => note(sender.send(message).await),
                        Command::List(_, list) => match ($list)(&mut sender, list.len()).await {
                            Err(error) => note(Err(error)),
                            Ok(connects) => {
                                for ((port, _), connect) in list.into_iter().zip(connects) {
                                    let ports = self.clone();
                                    spawn_local(async move { ports.asked(port, connect.await) });
                                }
                            }
                        },
                        _ => break,
                    }
                }
            }

            async fn receive(self, port: Port, mut receiver: Receiver, mut commands: UnboundedReceiver<Command>) {
                let at = (self.end, port);
                while let Some(command) = commands.next().await {
                    let count = match command {
                        Command::Receive(_, count) => count,
                        Command::ReceiveAll => usize::MAX,
                        Command::Close(_) => {
                            receiver.close().await;
                            continue;
                        }
                        _ => return,
                    };
                    for _ in 0..count {
                        match receiver.recv_any().await {
                            Ok(Some(Received::Data(data))) => {
                                let message: Vec<u8> = data.into();
                                self.seen.note_message(at, &message);
                            }
                            Ok(Some(Received::Requests(requests))) => {
                                let list = self.seen.next_list(at, requests.len());
                                for ((port, accept), request) in list.into_iter().zip(requests) {
                                    self.answer(port, request, accept).await;
                                }
                            }
                            Ok(Some(Received::Chunks)) => return self.seen.note(at, "too long"),
                            Ok(None) => return self.seen.note(at, "end"),
                            Err(error) => return self.seen.note(at, format!("cannot receive: {error}")),
                        }
                    }
                }
            }
        }
    };
}

/// Stock remoc 0.18.3.
pub mod v18 {
    use remoc_0_18::chmux::{PortReq, SendError as Error};

    remoc_end!(
        remoc_0_18,
        |cfg: &mut Cfg, window| cfg.receive_buffer = window,
        |client: Client| async move { client.connect().await },
        async |sender: &mut Sender, count: usize| {
            let allocator = sender.port_allocator();
            let mut ports = Vec::new();
            for _ in 0..count {
                ports.push(PortReq::new(allocator.allocate().await));
            }
            let connects = sender.connect(ports, true).await;
            Ok::<_, Error>(connects?)
        }
    );
}

/// Stock remoc 0.20.5. Ports are not used before they are answered: what is seen would depend on when that is.
pub mod v20 {
    use remoc_0_20::chmux::SendError as Error;

    remoc_end!(
        remoc_0_20,
        |cfg: &mut Cfg, window| cfg.port_receive_buffer = window,
        |client: Client| async move {
            let request = client.connect_req().map_err(|_| ConnectError::LocalPortsExhausted)?;
            client.connect(request).await
        },
        async |sender: &mut Sender, count: usize| {
            let requests = (0..count).map(|_| sender.connect_req().expect("ports are left")).collect();
            let connects = sender.connect(requests).await;
            Ok::<_, Error>(connects?)
        }
    );
}
