# The image that scripts/image makes, for those who have a daemon: the same files, by the same script.
#
#   docker build -t changegate --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" \
#       --build-arg CHANGEGATE_REVISION="$(git rev-parse HEAD)" .
FROM debian:12 AS build
WORKDIR /src
COPY scripts/install-packages scripts/
RUN scripts/install-packages build
COPY . .
RUN cmake --preset release && cmake --build --preset release
ARG SOURCE_DATE_EPOCH
ARG CHANGEGATE_REVISION
RUN scripts/image --rootfs /rootfs

FROM scratch
ARG CHANGEGATE_REVISION
LABEL org.opencontainers.image.title=changegate \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.revision=$CHANGEGATE_REVISION
COPY --from=build /rootfs/ /
USER 65532:65532
WORKDIR /
EXPOSE 8443 8080
ENTRYPOINT ["/usr/bin/changegate"]
CMD ["--help"]
